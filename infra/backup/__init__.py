"""Backups of what the log holds, and of the embedded mode's data directory. The format is in docs/backup.md."""
