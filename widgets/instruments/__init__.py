"""The reusable views: heat map, thumbnails, token strip, arcs, plane, bars, chart, frame, prediction, status line.

A .py and a .js each.
"""
