"""What the queries of the views are answered: a file for each, and all of them in one class."""
