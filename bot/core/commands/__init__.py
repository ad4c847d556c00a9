"""What people can tell the bot to do with `/deskmate …`: one file a command."""
