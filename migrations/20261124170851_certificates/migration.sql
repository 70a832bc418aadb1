CREATE TABLE `certificates` (
	`monitor_no` integer NOT NULL,
	`seen_at` integer NOT NULL,
	`valid_from` integer NOT NULL,
	`valid_to` integer NOT NULL,
	`subject` text NOT NULL,
	`issuer` text NOT NULL,
	CONSTRAINT `certificates_pk` PRIMARY KEY(`monitor_no`, `seen_at`)
) WITHOUT ROWID;
