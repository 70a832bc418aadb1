CREATE TABLE `location_outages` (
	`location_no` integer NOT NULL,
	`from_at` integer NOT NULL,
	`to_at` integer,
	CONSTRAINT `location_outages_pk` PRIMARY KEY(`location_no`, `from_at`),
	CONSTRAINT `fk_location_outages_location_no_locations_no_fk` FOREIGN KEY (`location_no`) REFERENCES `locations`(`no`)
);
