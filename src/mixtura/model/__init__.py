"""What things are: frozen records, validated once at the door."""
