"""Head office and store on one machine, as two processes that speak the same protocol as anywhere else."""
