CREATE TABLE `postmortem_policies` (
	`no` integer PRIMARY KEY AUTOINCREMENT,
	`id` text NOT NULL UNIQUE,
	`from_at` integer NOT NULL,
	`policy` text NOT NULL
);
