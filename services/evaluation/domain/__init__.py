"""The rules of evaluation, pure: values in, values out."""
