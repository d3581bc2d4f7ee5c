# Twill in a container: the service, and every other command, on a CPU.
#   docker build -t twill .
#   docker run --rm twill solve flash_attention_forward --gpu h100-sxm
#   docker build --target gpu -t twill-gpu .      also compiles, launches and times kernels
#   docker build --target ray -t twill-ray .      a node of a Ray cluster
# docs/deployment.md says how to run the service.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/twill
WORKDIR /src
COPY constraints-service.txt .
RUN /opt/twill/bin/pip install --require-hashes --only-binary :all: --requirement constraints-service.txt

FROM build AS build-ray
COPY constraints-ray.txt .
RUN /opt/twill/bin/pip install --require-hashes --only-binary :all: --requirement constraints-ray.txt
COPY . .
RUN /opt/twill/bin/pip install --no-deps --no-build-isolation --no-index . \
    && /opt/twill/bin/pip uninstall --yes setuptools pip

FROM build AS build-gpu
COPY constraints-gpu.txt .
RUN /opt/twill/bin/pip install --require-hashes --only-binary :all: --requirement constraints-gpu.txt
COPY . .
RUN /opt/twill/bin/pip install --no-deps --no-build-isolation --no-index . \
    && /opt/twill/bin/pip uninstall --yes setuptools pip

FROM build AS build-cpu
COPY . .
RUN /opt/twill/bin/pip install --no-deps --no-build-isolation --no-index . \
    && /opt/twill/bin/pip uninstall --yes setuptools pip

FROM python:3.13-slim AS base
RUN useradd --system --uid 10001 --no-create-home twill && install --directory --owner 10001 /data
ENV PATH=/opt/twill/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
VOLUME /data
WORKDIR /documents
USER 10001
EXPOSE 8000
ENTRYPOINT ["twill"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]

FROM base AS ray
COPY --from=build-ray /opt/twill /opt/twill
HEALTHCHECK NONE

FROM base AS gpu
COPY --from=build-gpu /opt/twill /opt/twill
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility

FROM base AS cpu
COPY --from=build-cpu /opt/twill /opt/twill
