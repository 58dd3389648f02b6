"""What the properties of the offline queue are played with: nothing in here waits, or connects."""
