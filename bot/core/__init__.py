"""The core: pure decisions about events, questions and cards; no platform, database or model."""
