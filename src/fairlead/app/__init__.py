"""The one place that knows everybody: builds the parts of a mode and starts them.

`program` gives the parts their sockets and the data folder; everything below it runs in virtual time as well.
"""
