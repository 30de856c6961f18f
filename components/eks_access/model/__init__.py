"""What an integration is: plain data and pure functions. Nothing here imports Pulumi or calls AWS."""
