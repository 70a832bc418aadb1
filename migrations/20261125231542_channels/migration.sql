CREATE TABLE `alert_threads` (
	`incident_id` text NOT NULL,
	`channel_no` integer NOT NULL,
	`thread` text NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT `alert_threads_pk` PRIMARY KEY(`incident_id`, `channel_no`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `used_links` (
	`incident_id` text NOT NULL,
	`channel_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer NOT NULL,
	`entry_id` text NOT NULL,
	CONSTRAINT `used_links_pk` PRIMARY KEY(`incident_id`, `channel_id`, `expires_at`)
) WITHOUT ROWID;
