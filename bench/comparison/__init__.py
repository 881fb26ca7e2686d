"""What bench/compare is made of: servers to start, the machine to describe, a page to write."""
