"""A simulated vCenter: inventory, tasks, events, sessions, and (in `soap`) its face on the wire.

It knows nothing of Kubernetes. Time and randomness are given from outside, so it runs in real and in virtual time.
Import order: `model`, `faults`, `inventory`, `work`, then the operations, `simulator` on top; `soap` needs pyVmomi and
is imported only where a vCenter is served.
"""
