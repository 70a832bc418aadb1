-- What stood here is made again from the check rows when it is needed.
DROP TABLE `status_changes`;--> statement-breakpoint
CREATE TABLE `status_changes` (
	`monitor_no` integer NOT NULL,
	`check_at` integer NOT NULL,
	`location_no` integer NOT NULL,
	`at` integer NOT NULL,
	`from_status` text NOT NULL,
	`to_status` text NOT NULL,
	`reason` text NOT NULL,
	CONSTRAINT `status_changes_pk` PRIMARY KEY(`monitor_no`, `check_at`, `location_no`)
) WITHOUT ROWID;
