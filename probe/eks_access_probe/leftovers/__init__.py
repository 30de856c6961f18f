"""What belongs to no integration of a stack (any more): in AWS, in clusters and in aws-auth. It only reads."""
