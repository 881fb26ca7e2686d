mod hierarchy;
mod mutual_rooms;
mod people;
mod summary;
