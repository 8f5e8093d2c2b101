"""Media knowledge as pure data and functions: values in, values out, no process and no I/O."""
