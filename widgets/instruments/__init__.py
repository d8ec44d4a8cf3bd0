"""The reusable views: heat map, token strip, bars, chart, prediction, status line. A .py and a .js each."""
