"""Long work: joins connectors and store; the schedule, progress, operations."""
