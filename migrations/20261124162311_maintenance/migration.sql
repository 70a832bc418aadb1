CREATE TABLE `maintenances` (
	`id` text PRIMARY KEY,
	`definition` text NOT NULL,
	`created_at` integer NOT NULL,
	`deleted_at` integer
);
--> statement-breakpoint
ALTER TABLE `unobserved` ADD `maintenance_id` text REFERENCES maintenances(id);