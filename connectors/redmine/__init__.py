"""Redmine: projects with their issues, history, files, wiki, time and people, from a server that people host."""
