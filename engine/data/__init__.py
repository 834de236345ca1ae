"""What a network learns from.

Read in this order: dataset, toys; of files: options, files, tables, arrays, building, reading.
"""
