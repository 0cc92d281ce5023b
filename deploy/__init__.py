"""How the pipeline is run: on one machine with `./ocop`, in containers, and on a cluster."""
