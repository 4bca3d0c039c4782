# One file, three images (docker build --target scheduler|runner|gpu-runner). All are the same program; they differ in the libtorch they carry.
# Ubuntu 24.04 ("noble") brings the libstdc++ of GCC 14, newer than the GCC 13 that libLibTorchSharp.so names.

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS source
WORKDIR /source
COPY . .

# libtorch is left out: the scheduler computes nothing.
FROM source AS build-scheduler
RUN dotnet publish src/Cli/Cli.csproj -c Release -p:Torch=none -o /app

FROM source AS build-runner
RUN dotnet publish src/Cli/Cli.csproj -c Release -p:Torch=cpu -o /app

FROM source AS build-gpu-runner
RUN dotnet publish src/Cli/Cli.csproj -c Release -p:Torch=cuda -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /artifacts /keys /quality \
    && chown app:app /artifacts /keys /quality \
    && chmod 700 /keys
WORKDIR /app
USER app
VOLUME ["/artifacts", "/keys", "/quality"]
ENTRYPOINT ["dotnet", "/app/DdpmJobs.Cli.dll"]

FROM base AS scheduler
COPY --from=build-scheduler /app .
EXPOSE 5080
CMD ["scheduler", "--urls", "http://0.0.0.0:5080"]

FROM base AS runner
COPY --from=build-runner /app .
CMD ["runner"]

# The CUDA libraries come with the package; the driver comes from the host through the NVIDIA container toolkit.
FROM base AS gpu-runner
COPY --from=build-gpu-runner /app .
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
CMD ["runner"]
