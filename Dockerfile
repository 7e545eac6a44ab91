# Holdfast in one image: `api`, `worker`, `scheduler`, `migrate` and the rest are commands of it.
# On another base, with Python 3.11 or later and glibc: docker build --build-arg BASE=...
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
RUN python -m venv /opt/holdfast
COPY constraints.txt .
# Wheels alone, each checked by hash; no compiler comes into the image.
RUN /opt/holdfast/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r constraints.txt
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY connectors connectors
COPY store store
COPY workers workers
RUN /opt/holdfast/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${BASE}
# The embedded Postgres and a folder store need one writable place; with a database and a bucket nothing is written.
RUN useradd --system --uid 10001 --home-dir /var/lib/holdfast --create-home holdfast
COPY --from=build /opt/holdfast /opt/holdfast
ENV PATH=/opt/holdfast/bin:$PATH PYTHONUNBUFFERED=1 HOLDFAST_HOME=/var/lib/holdfast HOLDFAST_HOST=0.0.0.0
USER holdfast
VOLUME /var/lib/holdfast
EXPOSE 8420
ENTRYPOINT ["holdfast"]
CMD ["up"]
