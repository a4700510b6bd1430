"""Who asks, and may they come in: devices, seats, links. Pages, data and signaling all stand behind it."""
