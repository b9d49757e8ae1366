"""A custom channel: what Pinpoint hands over is queued, sent by an adapter, and reported back."""
