"""The studio: a mixture in one's hands, in the browser and in the notebook."""
