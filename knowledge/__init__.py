"""What the company knows: documents in, grounded answers out."""
