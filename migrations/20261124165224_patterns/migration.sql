CREATE TABLE `patterns` (
	`incident_id` text PRIMARY KEY,
	`monitor_no` integer NOT NULL,
	`failure` text NOT NULL,
	CONSTRAINT `fk_patterns_incident_id_incidents_id_fk` FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`)
);
--> statement-breakpoint
CREATE INDEX `patterns_monitor` ON `patterns` (`monitor_no`);