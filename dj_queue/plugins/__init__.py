"""The plugin host: finds plugins, asks each by itself, keeps what one does wrong from the rest."""
