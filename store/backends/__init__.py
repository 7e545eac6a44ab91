"""Where objects lie: a folder, or S3."""
