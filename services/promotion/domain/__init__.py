"""The rules of promotion, pure: values in, values out."""
