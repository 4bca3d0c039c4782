namespace DdpmJobs.Model.Evaluation;

/// <summary>Files that every runner of an installation shares, so that what is trained or computed once is the same for all. Calls may wait for the store.</summary>
public interface ISharedFiles
{
    /// <summary>The file of a name.</summary>
    /// <param name="name">A file name.</param>
    /// <returns>Its path, to be read only; null where there is none.</returns>
    string? Find(string name);

    /// <summary>Offers a file under a name. The first one offered is everybody's.</summary>
    /// <param name="name">A file name.</param>
    /// <param name="file">Its path.</param>
    /// <returns>The path of everybody's file, to be read only: this one's content, or that of whoever came first.</returns>
    string Offer(string name, string file);
}
