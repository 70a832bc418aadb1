CREATE TABLE `postmortem_edits` (
	`incident_id` text NOT NULL,
	`block_id` text NOT NULL,
	`edit` text NOT NULL,
	CONSTRAINT `postmortem_edits_pk` PRIMARY KEY(`incident_id`, `block_id`),
	CONSTRAINT `fk_postmortem_edits_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `postmortem_follow_ups` (
	`incident_id` text PRIMARY KEY,
	`due_at` integer NOT NULL,
	`made_at` integer,
	`review` text,
	CONSTRAINT `fk_postmortem_follow_ups_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`)
);
--> statement-breakpoint
CREATE TABLE `postmortem_reminders` (
	`incident_id` text NOT NULL,
	`what` text NOT NULL,
	`at` integer NOT NULL,
	CONSTRAINT `postmortem_reminders_pk` PRIMARY KEY(`incident_id`, `what`),
	CONSTRAINT `fk_postmortem_reminders_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `postmortem_steps` (
	`no` integer PRIMARY KEY AUTOINCREMENT,
	`incident_id` text NOT NULL,
	`step` text NOT NULL,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	`revision` integer NOT NULL,
	`text` text,
	`rules` text,
	CONSTRAINT `fk_postmortem_steps_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`)
);
--> statement-breakpoint
ALTER TABLE `postmortems` ADD `reason` text DEFAULT 'drawn' NOT NULL;--> statement-breakpoint
ALTER TABLE `postmortems` ADD `by` text;--> statement-breakpoint
CREATE INDEX `postmortem_steps_incident` ON `postmortem_steps` (`incident_id`,`no`);