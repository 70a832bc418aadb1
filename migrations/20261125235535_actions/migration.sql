CREATE TABLE `actions` (
	`incident_id` text NOT NULL,
	`id` text NOT NULL,
	`state` text NOT NULL,
	`owner` text,
	`due_on` text,
	`tracker_key` text,
	`created_at` integer NOT NULL,
	`done_at` integer,
	`action` text NOT NULL,
	CONSTRAINT `actions_pk` PRIMARY KEY(`incident_id`, `id`),
	CONSTRAINT `fk_actions_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `trackers` (
	`no` integer PRIMARY KEY AUTOINCREMENT,
	`id` text NOT NULL UNIQUE,
	`key` text NOT NULL UNIQUE,
	`type` text NOT NULL,
	`settings` text NOT NULL,
	`secret` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `actions_state` ON `actions` (`state`,`due_on`);