CREATE TABLE `digests` (
	`channel_no` integer PRIMARY KEY,
	`told_until` integer NOT NULL,
	CONSTRAINT `fk_digests_channel_no_channels_no_fk` FOREIGN KEY (`channel_no`) REFERENCES `channels`(`no`)
);
--> statement-breakpoint
CREATE TABLE `escalation_runs` (
	`incident_id` text NOT NULL,
	`escalation_no` integer NOT NULL,
	`started_at` integer NOT NULL,
	`steps_done` integer NOT NULL,
	`reminded_at` integer,
	CONSTRAINT `escalation_runs_pk` PRIMARY KEY(`incident_id`, `escalation_no`),
	CONSTRAINT `fk_escalation_runs_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`),
	CONSTRAINT `fk_escalation_runs_escalation_no_escalations_no_fk` FOREIGN KEY (`escalation_no`) REFERENCES `escalations`(`no`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `escalations` (
	`no` integer PRIMARY KEY AUTOINCREMENT,
	`id` text NOT NULL UNIQUE,
	`key` text NOT NULL UNIQUE,
	`definition` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `silences` (
	`id` text PRIMARY KEY,
	`starts_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`definition` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `__old_attempts` AS SELECT * FROM `alert_attempts`;--> statement-breakpoint
DROP TABLE `alert_attempts`;--> statement-breakpoint
CREATE TABLE `__new_alerts` (
	`id` text PRIMARY KEY,
	`incident_id` text,
	`sequence` integer NOT NULL,
	`channel_no` integer NOT NULL,
	`event` text NOT NULL,
	`payload` text,
	`state` text NOT NULL,
	`reason` text,
	`silence_id` text,
	`attempts` integer NOT NULL,
	`next_at` integer NOT NULL,
	`lease_until` integer,
	`lease_owner` text,
	`created_at` integer NOT NULL,
	`delivered_at` integer,
	`undeliverable_reason` text,
	CONSTRAINT `fk_alerts_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`),
	CONSTRAINT `fk_alerts_channel_no_channels_no_fk` FOREIGN KEY (`channel_no`) REFERENCES `channels`(`no`),
	CONSTRAINT `fk_alerts_silence_id_silences_id_fk` FOREIGN KEY (`silence_id`) REFERENCES `silences`(`id`)
);
--> statement-breakpoint
INSERT INTO `__new_alerts`(`id`, `incident_id`, `sequence`, `channel_no`, `event`, `payload`, `state`, `attempts`, `next_at`, `lease_until`, `lease_owner`, `created_at`, `delivered_at`, `undeliverable_reason`) SELECT `id`, `incident_id`, `sequence`, `channel_no`, `event`, `payload`, `state`, `attempts`, `next_at`, `lease_until`, `lease_owner`, `created_at`, `delivered_at`, `undeliverable_reason` FROM `alerts`;--> statement-breakpoint
DROP TABLE `alerts`;--> statement-breakpoint
ALTER TABLE `__new_alerts` RENAME TO `alerts`;--> statement-breakpoint
CREATE TABLE `alert_attempts` (
	`alert_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`outcome` text,
	`status_code` integer,
	`detail` text,
	CONSTRAINT `alert_attempts_pk` PRIMARY KEY(`alert_id`, `attempt`),
	CONSTRAINT `fk_alert_attempts_alert_id_alerts_id_fk` FOREIGN KEY (`alert_id`) REFERENCES `alerts`(`id`)
);
--> statement-breakpoint
INSERT INTO `alert_attempts`(`alert_id`, `attempt`, `started_at`, `ended_at`, `outcome`, `status_code`, `detail`) SELECT `alert_id`, `attempt`, `started_at`, `ended_at`, `outcome`, `status_code`, `detail` FROM `__old_attempts`;--> statement-breakpoint
DROP TABLE `__old_attempts`;--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_order` ON `alerts` (`incident_id`,`channel_no`,`sequence`);--> statement-breakpoint
CREATE INDEX `alerts_due` ON `alerts` (`state`,`next_at`);