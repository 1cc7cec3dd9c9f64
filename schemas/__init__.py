"""What crosses a boundary: events, notifications, records of our topics, socket frames, errors and settings."""
