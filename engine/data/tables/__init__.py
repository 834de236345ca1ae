"""Tables of text and Parquet files.

Read in this order: text, records, cells, header, dialect, frame, columns, roles, read.
"""
