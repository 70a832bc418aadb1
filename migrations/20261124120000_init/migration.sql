CREATE TABLE `alert_attempts` (
	`alert_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer NOT NULL,
	`outcome` text NOT NULL,
	`status_code` integer,
	`detail` text,
	CONSTRAINT `alert_attempts_pk` PRIMARY KEY(`alert_id`, `attempt`),
	CONSTRAINT `fk_alert_attempts_alert_id_alerts_id_fk` FOREIGN KEY (`alert_id`) REFERENCES `alerts`(`id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` text PRIMARY KEY,
	`incident_id` text NOT NULL,
	`sequence` integer NOT NULL,
	`channel_no` integer NOT NULL,
	`event` text NOT NULL,
	`payload` text NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_at` integer NOT NULL,
	`lease_until` integer,
	`lease_owner` text,
	`created_at` integer NOT NULL,
	`delivered_at` integer,
	`undeliverable_reason` text,
	CONSTRAINT `fk_alerts_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`),
	CONSTRAINT `fk_alerts_channel_no_channels_no_fk` FOREIGN KEY (`channel_no`) REFERENCES `channels`(`no`)
);
--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY,
	`name` text NOT NULL,
	`hash` blob NOT NULL UNIQUE,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer
);
--> statement-breakpoint
CREATE TABLE `change_counter` (
	`only` integer PRIMARY KEY,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `changes` (
	`id` text PRIMARY KEY,
	`at` integer NOT NULL,
	`recorded_at` integer NOT NULL,
	`kind` text NOT NULL,
	`service` text,
	`title` text NOT NULL,
	`url` text,
	`external_id` text UNIQUE
);
--> statement-breakpoint
CREATE TABLE `channels` (
	`no` integer PRIMARY KEY AUTOINCREMENT,
	`id` text NOT NULL UNIQUE,
	`key` text NOT NULL,
	`type` text NOT NULL,
	`config` text NOT NULL,
	`human` integer NOT NULL,
	`disabled_reason` text,
	`deleted_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `check_evidence` (
	`monitor_no` integer NOT NULL,
	`at` integer NOT NULL,
	`location_no` integer NOT NULL,
	`result` text NOT NULL,
	CONSTRAINT `check_evidence_pk` PRIMARY KEY(`monitor_no`, `at`, `location_no`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `checks` (
	`monitor_no` integer NOT NULL,
	`at` integer NOT NULL,
	`location_no` integer NOT NULL,
	`late_ms` integer NOT NULL,
	`duration_us` integer NOT NULL,
	`verdict` integer NOT NULL,
	`failure` integer,
	`status` integer,
	`dns_us` integer,
	`connect_us` integer,
	`tls_us` integer,
	`first_byte_us` integer,
	`download_us` integer,
	`origin` integer NOT NULL,
	CONSTRAINT `checks_pk` PRIMARY KEY(`monitor_no`, `at`, `location_no`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`api_key_id` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`status` integer NOT NULL,
	`headers` text NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL,
	CONSTRAINT `idempotency_keys_pk` PRIMARY KEY(`api_key_id`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `incidents` (
	`id` text PRIMARY KEY,
	`number` integer NOT NULL UNIQUE,
	`kind` text NOT NULL,
	`title` text NOT NULL,
	`severity` text NOT NULL,
	`service` text,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`detected_at` integer NOT NULL,
	`resolved_at` integer,
	`acknowledged_at` integer,
	`acknowledged_by` text,
	`resolved_reason` text,
	`recorded_at` integer NOT NULL,
	`change_seq` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `locations` (
	`no` integer PRIMARY KEY AUTOINCREMENT,
	`name` text NOT NULL UNIQUE
);
--> statement-breakpoint
CREATE TABLE `meta` (
	`name` text PRIMARY KEY,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `monitor_revisions` (
	`monitor_no` integer NOT NULL,
	`from_at` integer NOT NULL,
	`config` text NOT NULL,
	CONSTRAINT `monitor_revisions_pk` PRIMARY KEY(`monitor_no`, `from_at`),
	CONSTRAINT `fk_monitor_revisions_monitor_no_monitors_no_fk` FOREIGN KEY (`monitor_no`) REFERENCES `monitors`(`no`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `monitor_states` (
	`monitor_no` integer PRIMARY KEY,
	`status` text NOT NULL,
	`since` integer NOT NULL,
	`state` text NOT NULL,
	`change_seq` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `monitors` (
	`no` integer PRIMARY KEY AUTOINCREMENT,
	`id` text NOT NULL UNIQUE,
	`key` text NOT NULL,
	`config` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	`change_seq` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `near_misses` (
	`monitor_no` integer NOT NULL,
	`first_bad_at` integer NOT NULL,
	`first_bad_location_no` integer NOT NULL,
	`failure` text NOT NULL,
	`refs` text NOT NULL,
	CONSTRAINT `near_misses_pk` PRIMARY KEY(`monitor_no`, `first_bad_at`, `first_bad_location_no`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `postmortems` (
	`incident_id` text NOT NULL,
	`revision` integer NOT NULL,
	`status` text NOT NULL,
	`created_at` integer NOT NULL,
	`due_at` integer,
	`change_seq` integer NOT NULL,
	`snapshot` text NOT NULL,
	`ledger` text NOT NULL,
	`document` text NOT NULL,
	`claims` text NOT NULL,
	CONSTRAINT `postmortems_pk` PRIMARY KEY(`incident_id`, `revision`),
	CONSTRAINT `fk_postmortems_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`)
);
--> statement-breakpoint
CREATE TABLE `pulse` (
	`only` integer PRIMARY KEY,
	`beat_at` integer NOT NULL,
	`stopped` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `status_changes` (
	`monitor_no` integer NOT NULL,
	`at` integer NOT NULL,
	`from_status` text NOT NULL,
	`to_status` text NOT NULL,
	`reason` text NOT NULL,
	CONSTRAINT `status_changes_pk` PRIMARY KEY(`monitor_no`, `at`, `to_status`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `timeline_entries` (
	`id` text PRIMARY KEY,
	`incident_id` text NOT NULL,
	`at` integer NOT NULL,
	`recorded_at` integer NOT NULL,
	`kind` text NOT NULL,
	`source` text NOT NULL,
	`by` text,
	`text` text NOT NULL,
	CONSTRAINT `fk_timeline_entries_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`)
);
--> statement-breakpoint
CREATE TABLE `unobserved` (
	`id` integer PRIMARY KEY AUTOINCREMENT,
	`monitor_no` integer,
	`from_at` integer NOT NULL,
	`to_at` integer,
	`reason` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `windows` (
	`id` integer PRIMARY KEY AUTOINCREMENT,
	`monitor_no` integer NOT NULL,
	`first_bad_at` integer NOT NULL,
	`first_bad_location_no` integer NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`resolved_at` integer,
	`abandoned_at` integer,
	`refs` text NOT NULL,
	`incident_id` text,
	CONSTRAINT `fk_windows_monitor_no_monitors_no_fk` FOREIGN KEY (`monitor_no`) REFERENCES `monitors`(`no`),
	CONSTRAINT `fk_windows_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_order` ON `alerts` (`incident_id`,`channel_no`,`sequence`);--> statement-breakpoint
CREATE INDEX `alerts_due` ON `alerts` (`state`,`next_at`);--> statement-breakpoint
CREATE INDEX `changes_at` ON `changes` (`at`);--> statement-breakpoint
CREATE INDEX `idempotency_created` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE INDEX `incidents_started` ON `incidents` (`started_at`);--> statement-breakpoint
CREATE INDEX `incidents_change` ON `incidents` (`change_seq`);--> statement-breakpoint
CREATE INDEX `monitor_states_change` ON `monitor_states` (`change_seq`);--> statement-breakpoint
CREATE INDEX `monitors_key` ON `monitors` (`key`);--> statement-breakpoint
CREATE INDEX `monitors_change` ON `monitors` (`change_seq`);--> statement-breakpoint
CREATE INDEX `timeline_entries_incident` ON `timeline_entries` (`incident_id`,`at`);--> statement-breakpoint
CREATE INDEX `unobserved_monitor` ON `unobserved` (`monitor_no`,`from_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `windows_identity` ON `windows` (`monitor_no`,`first_bad_at`,`first_bad_location_no`);--> statement-breakpoint
CREATE INDEX `windows_incident` ON `windows` (`incident_id`);--> statement-breakpoint
CREATE INDEX `windows_started` ON `windows` (`started_at`);