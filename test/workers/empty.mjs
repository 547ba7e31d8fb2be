// Offers nothing and ends.
