# One image for every service: `docker run IMAGE serve intake`, with the settings in the environment.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/lieu
# The libraries first: they change seldom, and this layer is then found again.
COPY requirements.lock /source/
RUN /opt/lieu/bin/pip install --require-hashes -r /source/requirements.lock
COPY . /source/
RUN /opt/lieu/bin/pip install --no-deps --no-build-isolation /source

FROM python:3.11-slim
# A person's name and words may be in any script: for the PDF of the copy and of the plan.
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home lieu
COPY --from=build /opt/lieu /opt/lieu
ENV PATH=/opt/lieu/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /home/lieu
# By number: Kubernetes checks that it is not root without reading the image's accounts.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 CMD ["python", "-c", \
  "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"LIEU_PORT\", 8000)}/health/live', timeout=4)"]
ENTRYPOINT ["lieu"]
