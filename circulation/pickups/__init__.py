"""Where readers may pick up what they hold."""
