"""GovStack's Registration building block (API 0.1.1, twelve operations) over the calls there are; it decides none."""
