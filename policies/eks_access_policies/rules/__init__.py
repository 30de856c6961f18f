"""What is a violation, as data: the rules of each area, and the settings that users give them."""
