"""What is in ``k8s/``: rendered as a cluster would get it, and judged without one."""
