"""What the commands do, and the imports that take time: each flow is imported when its command runs."""
