CREATE TABLE `rollups` (
	`monitor_no` integer NOT NULL,
	`length_ms` integer NOT NULL,
	`at` integer NOT NULL,
	`up` integer NOT NULL,
	`degraded` integer NOT NULL,
	`down` integer NOT NULL,
	`unknown` integer NOT NULL,
	`first_at` integer,
	`last_at` integer,
	`gaps` text,
	`max_us` integer NOT NULL,
	`sketch` blob NOT NULL,
	CONSTRAINT `rollups_pk` PRIMARY KEY(`monitor_no`, `length_ms`, `at`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `unrolled_hours` (
	`at` integer NOT NULL,
	`monitor_no` integer NOT NULL,
	CONSTRAINT `unrolled_hours_pk` PRIMARY KEY(`monitor_no`, `at`)
) WITHOUT ROWID;--> statement-breakpoint
INSERT INTO `unrolled_hours` (`monitor_no`, `at`) SELECT DISTINCT `monitor_no`, `at` / 3600000 * 3600000 FROM `checks`;
