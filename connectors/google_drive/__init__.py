"""Google Drive as a place that copies are sent to. Not an app that is backed up, so not in the registry."""
