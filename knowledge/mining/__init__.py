"""Questions with their answers, found where people wrote them: in threads and in documents.

What is found is proposed and no more: a person decides whether it is true.
"""
