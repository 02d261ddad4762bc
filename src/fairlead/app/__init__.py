"""The one place that knows everybody: builds the parts of a mode and starts them.

`core` puts the parts together that need no socket; `program` gives them their sockets and the data folder.
"""
